/** The app's own design of a panel beside the board. It knows of texts and buttons, and of no agent. */
export { default as MessageView } from './MessageView.vue'
export { default as NoticeBar } from './NoticeBar.vue'
export { default as PanelFrame } from './PanelFrame.vue'
export { default as PlanList } from './PlanList.vue'
export { default as PromptForm } from './PromptForm.vue'
export { default as QuestionCard } from './QuestionCard.vue'
export { statusWords } from './status-words.ts'
export { default as SuggestionList } from './SuggestionList.vue'
