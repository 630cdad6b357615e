/** The dashboard's entry: styles, then the page. */
import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/components.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { startLocation } from './state/location.ts'
import { startTheme } from './state/theme.ts'

startTheme()
startLocation()
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
